// OTP_TWILIO_TOKEN_TEMPLATE and OTP_TWILIO_CHALLENGE_MESSAGE: `{token}`, with `{{` and `}}` for
// literal braces, as in Python's str.format. Nothing else of that syntax is supported.
const field = /\{\{|\}\}|\{token\}|[{}]/g

/** Whether every brace of the template is `{token}`, `{{` or `}}`. */
export function isTemplate(template: string): boolean {
  return !template.match(field)?.some(brace => brace.length === 1)
}

/** Whether the template shows the token. */
export function showsToken(template: string): boolean {
  return template.match(field)?.includes('{token}') ?? false
}

/** Renders a template for which `isTemplate` holds. */
export function renderTemplate(template: string, token: string): string {
  return template.replace(field, brace => (brace === '{token}' ? token : brace.slice(1)))
}
