// The paths of the API and their methods, for telling a wrong method from a wrong path. A test holds this
// list against serverless.yml.

/** Every route, as serverless.yml has it. */
export const routes = [
  'POST /users/{userId}/devices',
  'GET /users/{userId}/devices',
  'DELETE /users/{userId}/devices',
  'GET /users/{userId}/devices/{deviceId}',
  'PATCH /users/{userId}/devices/{deviceId}',
  'DELETE /users/{userId}/devices/{deviceId}',
  'POST /users/{userId}/devices/{deviceId}/challenge',
  'POST /users/{userId}/devices/{deviceId}/verify',
  'POST /users/{userId}/devices/{deviceId}/reset',
  'GET /devices',
]

/** The methods that a path takes; none for a path that does not exist. */
export function allowedMethods(path: string): string[] {
  return routes.flatMap(route => {
    const [method = '', pattern = ''] = route.split(' ')
    const matcher = new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
    return matcher.test(path) ? [method] : []
  })
}
