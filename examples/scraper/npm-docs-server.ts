/**
 * A web site on loopback that serves npm's own documentation, about ninety HTML pages that link to each other. Every
 * machine with npm has it.
 *
 * Some pages have no links to them, so `/` lists them all. The files are read once, and only those are served, so no
 * request reaches other files.
 */
import { execSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export type DocsServer = {
  readonly url: string
  /** The number of pages it serves, the list at `/` included. */
  readonly pages: number
  close(): Promise<void>
}

export async function serveNpmDocs(port = 0): Promise<DocsServer> {
  const pages = readPages(findNpmDocs())
  const server = createServer((request, response) => answer(pages, request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    pages: pages.size,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Returns the folder of HTML pages of the npm that runs this program, else of the installed one. */
export function findNpmDocs(): string {
  const tried: string[] = []
  for (const root of npmRoots()) {
    const docs = join(root, 'docs', 'output')
    tried.push(docs)
    if (existsSync(docs) && htmlFilesIn(docs).length > 0) return docs
  }
  throw new Error(`npm's documentation was not found. Looked in:\n  ${tried.join('\n  ')}`)
}

function* npmRoots(): Generator<string> {
  // Set if npm runs this program: npm-cli.js, or a link to it. yarn and pnpm store their own paths there.
  const running = process.env.npm_execpath
  if (running !== undefined && existsSync(running)) yield dirname(dirname(realpathSync(running)))
  const global = globalModules()
  if (global !== undefined) yield join(global, 'npm')
  // The folders into which Node's installers put npm, on Windows and elsewhere.
  const node = dirname(realpathSync(process.execPath))
  yield join(node, 'node_modules', 'npm')
  yield join(dirname(node), 'lib', 'node_modules', 'npm')
}

function globalModules(): string | undefined {
  try {
    // Through a shell, because npm is a script on Windows.
    return execSync('npm root -g', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

function htmlFilesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.html'))
    .sort()
}

function readPages(folder: string): ReadonlyMap<string, Buffer> {
  const files = htmlFilesIn(folder).map(name => name.split(sep).join('/'))
  const pages = new Map(files.map(name => [`/${name}`, readFileSync(join(folder, name))]))
  const items = files.map(name => `<li><a href="/${name}">${name.replace(/\.html$/, '')}</a></li>`).join('\n')
  const index = `<!doctype html>\n<title>npm documentation</title>\n<h1>npm documentation</h1>\n<ul>\n${items}\n</ul>\n`
  return pages.set('/', Buffer.from(index))
}

function answer(pages: ReadonlyMap<string, Buffer>, request: IncomingMessage, response: ServerResponse): void {
  const page = pages.get(new URL(request.url ?? '/', 'http://localhost').pathname)
  const body = page ?? Buffer.from('not found\n')
  response.writeHead(page === undefined ? 404 : 200, {
    'content-type': page === undefined ? 'text/plain' : 'text/html; charset=utf-8',
    'content-length': body.byteLength,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const docs = await serveNpmDocs(Number(process.argv[2] ?? 0))
  console.log(`${docs.pages} pages of npm's documentation on ${docs.url}`)
}
