import { describePages } from './pages';

describePages(['data', 'empty']);
