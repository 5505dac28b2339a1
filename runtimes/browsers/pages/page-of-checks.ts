// Runs the check that the page's url names. The library is imported late, because it refuses some pages.
const name = new URLSearchParams(location.search).get('check')!

const run = (): Promise<unknown> =>
  import('./checks.ts')
    .then(({ checks }) => checks[name]!())
    .catch((error: unknown) => ({ lines: [], error: describe(error) }))

Object.assign(window, { finished: run(), run })

function describe(error: unknown): string {
  return error instanceof Error ? `${(error as { code?: string }).code ?? error.name}: ${error.message}` : String(error)
}
