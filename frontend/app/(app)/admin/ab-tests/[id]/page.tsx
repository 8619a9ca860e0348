import View from './view';

export const generateStaticParams = () => [{ id: '_' }];

export default function AbTestPage() {
  return <View />;
}
