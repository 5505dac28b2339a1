import { sleep } from 'fearless'

sleep(100)
console.log('too early')
