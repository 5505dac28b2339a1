/**
 * A static file server on the loopback interface, with the headers that a test chooses.
 *
 * The server never keeps its process alive: it ends with the test, however the test ends.
 */
import { createReadStream, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

/** The headers of a cross-origin isolated page. */
export const ISOLATED: Headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export type Headers = Readonly<Record<string, string>>

/** Answers a request, or returns false to leave it to the files. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => boolean

export interface FileServer extends AsyncDisposable {
  /** The server's origin, without a slash at the end. */
  readonly origin: string
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
}

/** Serves a folder. `answer` is asked before the files. */
export async function serve(folder: string, headers: Headers = ISOLATED, answer?: Answer): Promise<FileServer> {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.setHeader('Cache-Control', 'no-cache')
    if (answer?.(request, response) === true) return
    sendFile(folder, new URL(request.url!, 'http://localhost').pathname, response)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  server.unref()
  return {
    // A browser treats `localhost` as trustworthy, so the page is isolated without TLS.
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]() {
      server.closeAllConnections()
      return new Promise<void>(done => server.close(() => done()))
    },
  }
}

function sendFile(folder: string, path: string, response: ServerResponse): void {
  const file = join(folder, normalize(decodeURIComponent(path.endsWith('/') ? `${path}index.html` : path)))
  const type = TYPES[extname(file)]
  if (!file.startsWith(folder) || type === undefined || statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'Content-Type': type })
  createReadStream(file).pipe(response)
}
