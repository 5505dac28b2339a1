import fearless from '@fearless/compiler/rspack'

export default {
  mode: 'production',
  target: 'node',
  entry: './app.ts',
  devtool: 'source-map',
  optimization: { minimize: false },
  output: { path: `${import.meta.dirname}/dist`, filename: 'app.cjs' },
  resolve: { extensions: ['.ts', '.js'] },
  module: {
    rules: [
      {
        test: /\.ts$/,
        loader: 'builtin:swc-loader',
        options: { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } },
      },
    ],
  },
  plugins: [fearless()],
}
