import { build } from 'esbuild'
import fearless from '@fearless/compiler/esbuild'

await build({
  entryPoints: ['app.ts'],
  bundle: true,
  platform: 'node',
  conditions: ['deno'],
  format: 'esm',
  outdir: 'dist',
  sourcemap: true,
  plugins: [fearless()],
})
