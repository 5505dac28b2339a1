import fearless from '@fearless/compiler/rolldown'

export default {
  entry: ['app.ts'],
  sourcemap: true,
  plugins: [fearless()],
}
