import { sleep } from 'fearless'

export const nap = async (): Promise<void> => {
  sleep(100).wait()
}
