import { describePages } from './pages';

describePages(['failing']);
