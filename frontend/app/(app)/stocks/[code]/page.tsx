import View from './view';

export const generateStaticParams = () => [{ code: '_' }];

export default function StockPage() {
  return <View />;
}
