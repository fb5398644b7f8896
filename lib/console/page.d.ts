// The module that infra/bundle/console-page.cjs makes of this folder.
declare module 'console:page' {
  /** The console as one document, and the policy with the hashes of its script and style. */
  export const page: { html: string; contentSecurityPolicy: string }
}

declare module '*.css' {}
