import FailurePage from './view';

/** The export holds one page; the API serves it under every fingerprint. */
export const generateStaticParams = () => [{ fingerprint: '_' }];

export default function Page() {
  return <FailurePage />;
}
