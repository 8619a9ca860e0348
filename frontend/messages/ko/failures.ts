const ko = {
  title: '실패',
};

export default ko;
