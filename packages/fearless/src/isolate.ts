/**
 * A script that makes a page cross-origin isolated where the host sets no headers: `fearless/isolate`.
 *
 * The same file has two parts. As a script of the page it registers itself as the page's service worker and reloads the
 * page once. As the service worker it adds the two headers to every response. It must be served from the folder of the
 * page, because a service worker controls only the folder that it comes from:
 *
 *     <script src="isolate.js"></script>
 */

interface FetchEvent extends Event {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

interface ServiceWorker {
  skipWaiting(): void
  readonly clients: { claim(): Promise<void> }
  addEventListener(
    type: 'install' | 'activate',
    listener: (event: Event & { waitUntil(f: Promise<void>): void }) => void,
  ): void
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void
}

const HEADERS = [
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Embedder-Policy', 'require-corp'],
] as const

/** Key of the mark that this tab has been reloaded, so that it is not reloaded again and again. */
const RELOADED = 'fearless/isolate'

if (typeof document === 'undefined') addHeaders(globalThis as unknown as ServiceWorker)
else void isolatePage()

function addHeaders(worker: ServiceWorker): void {
  worker.addEventListener('install', () => worker.skipWaiting())
  worker.addEventListener('activate', event => event.waitUntil(worker.clients.claim()))
  worker.addEventListener('fetch', event => {
    const { request } = event
    // The browser refuses such a request from a service worker.
    if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return
    event.respondWith(fetch(request).then(withHeaders))
  })
}

function withHeaders(response: Response): Response {
  // An opaque response of another origin cannot be changed.
  if (response.status === 0) return response
  const headers = new Headers(response.headers)
  for (const [name, value] of HEADERS) headers.set(name, value)
  const { status, statusText } = response
  const hasBody = ![101, 204, 205, 304].includes(status)
  return new Response(hasBody ? response.body : null, { status, statusText, headers })
}

async function isolatePage(): Promise<void> {
  const script = document.currentScript as HTMLScriptElement | null
  if (globalThis.crossOriginIsolated) return sessionStorage.removeItem(RELOADED)
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
  if (script === null || workers === undefined) {
    return console.error(
      'The script fearless/isolate could not isolate this page. Load it with `<script src>`, not as a module, from https: or localhost.',
    )
  }
  if (sessionStorage.getItem(RELOADED) !== null) {
    return console.error(
      'The script fearless/isolate has reloaded this page, which is not isolated all the same. Serve the script from the ' +
        'folder of the page, and use a browser with service workers.',
    )
  }
  await workers.register(script.src)
  await workers.ready
  sessionStorage.setItem(RELOADED, '1')
  location.reload()
}
