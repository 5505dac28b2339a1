/** Starts the server, requests the route once, and ends the server. */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'

const probe = createServer().listen(0, '127.0.0.1')
const { port } = probe.address()
await new Promise(done => probe.close(done))
const next = createRequire(import.meta.url).resolve('next/dist/bin/next')
const server = spawn(process.execPath, ['--enable-source-maps', next, 'start', '-H', '127.0.0.1', '-p', port], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  for await (const line of server.stdout) if (String(line).includes('Ready')) break
  const response = await fetch(`http://127.0.0.1:${port}/api/threads`, { signal: AbortSignal.timeout(20_000) })
  process.stdout.write(await response.text())
} finally {
  server.kill()
}
