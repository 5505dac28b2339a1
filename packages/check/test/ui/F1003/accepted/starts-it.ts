import { Mutex, sleep } from 'fearless'

const count = new Mutex(0)
void sleep(1).then(() => console.log('later'))
void count.update(n => n + 1).then(undefined, console.error)
