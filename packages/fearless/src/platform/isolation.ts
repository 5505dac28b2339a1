/**
 * The refusals of a page or a worker without threads: it is not cross-origin isolated, so its workers could share no
 * memory, or it starts no workers, as a service worker and, except in Firefox, a shared worker.
 */
import { EnvironmentError } from '../errors.ts'

const OPENER = 'Cross-Origin-Opener-Policy'
const EMBEDDER = 'Cross-Origin-Embedder-Policy'

/** How to set the two headers, by server. */
const LINES: readonly (readonly [server: string, lines: string])[] = [
  ['Vite', `plugins: [fearless()] of @fearless/compiler/vite sets them for \`vite\` and \`vite preview\``],
  ['webpack-dev-server', `devServer: { headers: { '${OPENER}': 'same-origin', '${EMBEDDER}': 'require-corp' } }`],
  [
    'Chromium 137 and newer, any server',
    'the one header `Document-Isolation-Policy: isolate-and-require-corp` is enough',
  ],
  ['nginx', `add_header ${OPENER} same-origin always; add_header ${EMBEDDER} require-corp always;`],
  ['Netlify, Cloudflare Pages (_headers)', `/*\n    ${OPENER}: same-origin\n    ${EMBEDDER}: require-corp`],
  [
    'Vercel (vercel.json)',
    `"headers": [{ "source": "/(.*)", "headers": [{ "key": "${OPENER}", "value": "same-origin" }, ` +
      `{ "key": "${EMBEDDER}", "value": "require-corp" }] }]`,
  ],
]

/** Throws `EnvironmentError` if this page or worker starts no workers, or has no memory that they could share. */
export function refuseUnlessIsolated(here: 'page' | 'worker'): void {
  if (typeof Worker === 'undefined') {
    throw new EnvironmentError(
      'This kind of worker starts no workers, so it has no threads. Use the library on a page or in a dedicated worker.',
    )
  }
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated
  if (typeof SharedArrayBuffer !== 'undefined' && isolated !== false) return
  throw new EnvironmentError(
    `This ${here} has no shared memory, because it is not cross-origin isolated. ` +
      `Serve the page and its scripts from https: or localhost with the headers ` +
      `\`${OPENER}: same-origin\` and \`${EMBEDDER}: require-corp\`:\n` +
      LINES.map(([server, lines]) => `  ${server}: ${lines}\n`).join('') +
      '  A host without headers: load the service worker `fearless/isolate` (docs/runtimes.md, "Browsers").',
  )
}
