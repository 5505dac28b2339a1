import { execFileSync } from 'node:child_process'
import { build } from 'esbuild'
import fearless from '@fearless/compiler/esbuild'

await build({
  entryPoints: ['app.ts'],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  outdir: 'dist',
  sourcemap: true,
  plugins: [fearless()],
})
// The folder `dist/threads` belongs to the executable: deploy it beside.
execFileSync(process.execPath, ['--build-sea', 'sea-config.json'], { stdio: 'inherit' })
