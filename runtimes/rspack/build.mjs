import { rspack } from '@rspack/core'
import config from './rspack.config.mjs'

rspack(config, (error, stats) => {
  if (error === null && !stats.hasErrors()) return
  console.error(error ?? stats.toString())
  process.exitCode = 1
})
