// What the stand-in for Twilio shows of an account: the members of Twilio's
// resources that are read.

const accountPath = /^\/2010-04-01\/Accounts\/(AC\w+)\.json$/
const numbersPath = /^\/2010-04-01\/Accounts\/(AC\w+)\/IncomingPhoneNumbers\.json$/
const servicePath = /^\/v1\/Services\/(MG\w+)$/

/**
 * Returns the resource of a path with its query, as this username sees it. Null
 * where there is none.
 */
export function accountResource(path: string, username: string | null): object | null {
  const [resource = '', query] = path.split('?')
  const account = accountPath.exec(resource)?.[1]
  if (account) return accountOf(account)
  const owner = numbersPath.exec(resource)?.[1]
  if (owner) return numbersOf(owner, new URLSearchParams(query))
  const service = servicePath.exec(resource)?.[1]
  return service ? serviceOf(service, username) : null
}

function accountOf(sid: string) {
  const uri = `/2010-04-01/Accounts/${sid}.json`
  return { sid, status: 'active', type: 'Full', friendly_name: 'Stand-in', uri }
}

function numbersOf(account_sid: string, query: URLSearchParams) {
  const asked = query.get('PhoneNumber')
  const number = {
    account_sid,
    phone_number: asked,
    friendly_name: asked,
    capabilities: { voice: true, sms: true, mms: true, fax: false },
  }
  return {
    incoming_phone_numbers: asked === null ? [] : [number],
    page: 0,
    page_size: Number(query.get('PageSize') ?? 50),
    next_page_uri: null,
  }
}

function serviceOf(sid: string, username: string | null) {
  // The path names no account, and an API key does not show its account.
  const account_sid = username?.startsWith('AC') ? username : null
  return { sid, account_sid, friendly_name: 'Stand-in' }
}
