// Strings and numbers of a moved object were copied out before.
// prints: ada 36
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<{ name: string; age: number }>()
const user = { name: 'ada', age: 36 }
const { name, age } = user
tx.send(user)
await rx.recv()
console.log(name, age)
