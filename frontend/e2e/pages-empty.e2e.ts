import { describePages } from './pages';

describePages(['empty', 'collecting']);
