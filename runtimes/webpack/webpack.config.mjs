import fearless from '@fearless/compiler/webpack'

export default {
  mode: 'production',
  target: 'node',
  entry: './app.ts',
  devtool: 'source-map',
  optimization: { minimize: false },
  output: { path: `${import.meta.dirname}/dist`, filename: 'app.cjs' },
  resolve: { extensions: ['.ts', '.js'] },
  module: { rules: [{ test: /\.ts$/, loader: 'ts-loader', options: { transpileOnly: true } }] },
  plugins: [fearless()],
}
