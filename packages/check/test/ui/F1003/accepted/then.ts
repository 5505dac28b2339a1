import { sleep } from 'fearless'

void sleep(1).then(() => console.log('later'))
