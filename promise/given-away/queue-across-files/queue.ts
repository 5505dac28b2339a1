import { mpsc } from 'fearless'

export interface Job {
  id: number
  done: boolean
}

const [tx, rx] = mpsc.channel<Job>()

export default {
  add(job: Job): void {
    tx.send(job)
  },
  next: (): Promise<Job> => rx.recv().then(job => job),
}
