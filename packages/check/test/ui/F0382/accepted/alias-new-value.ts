import { move, thread } from 'fearless'
let batch = [1]
const full = batch
batch = []
thread.spawn(move(() => full.length))
batch.push(2)
