const ko = {
  title: '모델',
};

export default ko;
