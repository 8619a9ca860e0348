import { describePages } from './pages';

describePages(['slow']);
