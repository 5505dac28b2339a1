import { mpsc } from 'fearless'
import { consume } from '../../Elsewhere/consume.ts'

const [tx, rx] = mpsc.channel<number>()
consume(tx)
for await (const value of rx) console.log(value)
