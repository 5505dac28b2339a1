import fearless from '@fearless/compiler/esbuild'

export default {
  entry: ['app.ts'],
  format: ['esm'],
  sourcemap: true,
  esbuildPlugins: [fearless()],
}
