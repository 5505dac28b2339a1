import { Rc, thread } from 'fearless'

thread.spawn((rc: Rc<number>) => console.log(rc.value), new Rc(5))
