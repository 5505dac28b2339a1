// A constant of the module that nothing writes is copied for each thread.
// prints: 3 3 3
import { move, thread } from 'fearless'

const config = JSON.parse('{ "retries": 3 }') as { retries: number }
const first = thread.spawn(move(() => config.retries))
const second = thread.spawn(move(() => config.retries))
console.log(await first.join(), await second.join(), config.retries)
