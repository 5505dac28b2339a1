import resolve from '@rollup/plugin-node-resolve'
import typescript from '@rollup/plugin-sucrase'
import fearless from '@fearless/compiler/rollup'

export default {
  input: 'app.ts',
  plugins: [
    fearless(),
    resolve({ extensions: ['.ts', '.js'] }),
    typescript({ transforms: ['typescript'], disableESTransforms: true }),
  ],
  output: { dir: 'dist', sourcemap: true },
}
