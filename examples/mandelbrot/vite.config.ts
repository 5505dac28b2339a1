import fearless from '@fearless/compiler/vite'
import type { Plugin } from 'vite'

export default { plugins: [fearless() as Plugin], base: './', build: { target: 'esnext' } }
