import { mpsc, thread, type Sender } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
thread.spawn((to: Sender<number>) => to.send(1), tx)
for await (const value of rx) console.log(value)
