import fearless from '@fearless/compiler/rolldown'

export default {
  input: 'app.ts',
  platform: 'node',
  plugins: [fearless()],
  output: { dir: 'dist', sourcemap: true },
}
