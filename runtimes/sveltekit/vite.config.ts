import fearless from '@fearless/compiler/vite'
import adapter from '@sveltejs/adapter-node'
import { sveltekit } from '@sveltejs/kit/vite'

export default {
  plugins: [fearless(), sveltekit({ adapter: adapter() })],
  build: { sourcemap: true },
}
