import { move, thread } from 'fearless'
import { readFileSync } from 'node:fs'
const config = JSON.parse(readFileSync('x.json', 'utf8')) as { port: number }
const one = thread.spawn(move(() => config.port))
const two = thread.spawn(move(() => config.port + 1))
console.log(await one.join(), await two.join(), config.port)
