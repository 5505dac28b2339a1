import fearless from '@fearless/compiler/vite'

export default {
  plugins: [fearless()],
  build: {
    lib: { entry: { library: 'library.ts' }, formats: ['es'] },
    target: 'esnext',
    sourcemap: true,
    rollupOptions: { external: [/^fearless/, /^node:/] },
  },
}
