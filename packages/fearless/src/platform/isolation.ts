/**
 * The refusal of a page that is not cross-origin isolated: its workers could share no memory.
 */
import { EnvironmentError } from '../errors.ts'

const OPENER = 'Cross-Origin-Opener-Policy'
const EMBEDDER = 'Cross-Origin-Embedder-Policy'

/** How to set the two headers, by server. */
const LINES: readonly (readonly [server: string, lines: string])[] = [
  ['Vite', `plugins: [fearless()] of @fearless/compiler/vite sets them for \`vite\` and \`vite preview\``],
  ['webpack-dev-server', `devServer: { headers: { '${OPENER}': 'same-origin', '${EMBEDDER}': 'require-corp' } }`],
  ['nginx', `add_header ${OPENER} same-origin always; add_header ${EMBEDDER} require-corp always;`],
  ['Netlify, Cloudflare Pages (_headers)', `/*\n    ${OPENER}: same-origin\n    ${EMBEDDER}: require-corp`],
  [
    'Vercel (vercel.json)',
    `"headers": [{ "source": "/(.*)", "headers": [{ "key": "${OPENER}", "value": "same-origin" }, ` +
      `{ "key": "${EMBEDDER}", "value": "require-corp" }] }]`,
  ],
]

/** Throws `EnvironmentError` if this page or worker has no memory that its workers could share. */
export function refuseUnlessIsolated(here: 'page' | 'worker'): void {
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
