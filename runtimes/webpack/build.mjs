import webpack from 'webpack'
import config from './webpack.config.mjs'

webpack(config, (error, stats) => {
  if (error === null && !stats.hasErrors()) return
  console.error(error ?? stats.toString())
  process.exitCode = 1
})
