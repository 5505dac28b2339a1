import { build } from 'esbuild'
import fearless from '@fearless/compiler/esbuild'

await build({
  entryPoints: ['app.ts'],
  bundle: true,
  platform: 'node',
  conditions: ['bun'],
  format: 'esm',
  outdir: 'dist',
  sourcemap: 'inline',
  plugins: [fearless()],
})
