import { Mutex, sleep } from 'fearless'

const count = new Mutex(0)
setTimeout(() => sleep(5), 1)
setTimeout(() => {
  return count.with(n => console.log(n))
}, 1)
