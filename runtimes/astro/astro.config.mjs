import node from '@astrojs/node'
import fearless from '@fearless/compiler/vite'

export default {
  output: 'server',
  adapter: node({ mode: 'standalone' }),
  vite: { plugins: [fearless()], build: { sourcemap: true } },
}
