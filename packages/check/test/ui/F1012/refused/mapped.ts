import { mpsc, type Receiver } from 'fearless'

const receivers: Receiver<number>[] = [mpsc.channel<number>()[1], mpsc.channel<number>()[1]]
console.log(await Promise.race(receivers.map(rx => rx.recv())))
