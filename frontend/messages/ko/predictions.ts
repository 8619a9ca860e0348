const ko = {
  title: '예측',
};

export default ko;
