// A shared worker that uses the library.
addEventListener('connect', event => {
  void import('./checks.ts').then(
    ({ checks }) => checks.spawns!().then(answer, answer),
    (error: unknown) => answer(error),
  )
  function answer(found: unknown): void {
    const { code, message } = found as { code?: string; message?: string }
    ;(event as MessageEvent).ports[0].postMessage(`${code}: ${message}`)
  }
})
