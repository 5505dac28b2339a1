import { parIter } from 'fearless'

interface Job {
  done: boolean
}
function finish(job: Job): void {
  job.done = true
}
export const finishAll = async (jobs: readonly Job[]): Promise<void> => await parIter(jobs).forEach(finish)
