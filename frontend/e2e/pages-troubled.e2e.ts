import { describePages } from './pages';

describePages(['collecting', 'failing', 'slow']);
