import fearless from '@fearless/compiler/vite'

export default {
  plugins: [fearless()],
  build: { ssr: 'app.ts', target: 'esnext', outDir: 'dist', sourcemap: true },
}
