import fearless from '@fearless/compiler/vite'
import { defineConfig } from 'vitest/config'

export default defineConfig({ plugins: [fearless()] })
