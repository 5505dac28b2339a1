/**
 * A web site for tests, on loopback: a map from paths to responses. Any other path is a 404.
 *
 * `requests` lists each requested path, in order, robots.txt included. The site is closed with its test.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export type Answer = string | ((response: ServerResponse, request: IncomingMessage) => void)

export type TestSite = {
  readonly origin: string
  readonly requests: readonly string[]
}

/** A string is a page of HTML; a function writes any response, or none. */
export async function openSite(t: TestContext, answers: Readonly<Record<string, Answer>>): Promise<TestSite> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    requests.push(path)
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined
    if (answer === undefined) respond(404, 'text/plain', 'not found')(response)
    else if (typeof answer === 'string') respond(200, 'text/html', answer)(response)
    else answer(response, request)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(
    () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

export function respond(status: number, type: string, body: string): (response: ServerResponse) => void {
  return response => {
    response.writeHead(status, { 'content-type': type }).end(body)
  }
}

export function redirect(location: string, status = 302): (response: ServerResponse) => void {
  return response => {
    response.writeHead(status, { location }).end()
  }
}

/** Returns a page with links to these addresses. */
export function linksTo(...hrefs: string[]): string {
  return hrefs.map(href => `<p><a href="${href}">link</a></p>`).join('\n')
}

/** Returns a loopback port without a listener: one that was free a moment ago. */
export async function deafPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>(resolve => server.close(() => resolve()))
  return port
}
